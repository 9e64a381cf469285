"""A record's text comes back from courses' sites and mail, however they have dressed it."""

from __future__ import annotations

import html
import quopri
import random
from email.message import EmailMessage

import pytest
from records_drawn import LAB, sample

from mlsysim_labs.records.json_data import RecordError
from mlsysim_labs.records.owner import OtherStudentError
from mlsysim_labs.records.record import Record


@pytest.fixture(scope="module")
def record():
    made, words = sample(), random.Random(2)
    for i in range(12):
        made = made.added("reflection", f"why{i}", {"text": "".join(words.choices("abcdefghij kl", k=90))})
    return made


def tags(text, line="<p>{}</p>", escape=html.escape):
    return "".join(line.format(escape(one)) for one in text.splitlines())


def entities(text):
    return "".join(f"&#{ord(letter)};" if letter in "+/= " else letter for letter in text)


def mailed(text, **how):
    mail = EmailMessage()
    mail["Subject"] = "my lab"
    mail.set_content(text, cte="quoted-printable", **how)
    return mail.as_string()


@pytest.mark.parametrize("post", [
    tags, lambda text: tags(text, "{}<br />\n"), lambda text: tags(text, "<div class='x' data-y=\"a\">{}&nbsp;</div>"),
    lambda text: tags(text, "<p dir=\"ltr\" style=\"text-align:left;\"><span>{}</span></p>\n", entities),
    lambda text: "<pre>" + html.escape(text) + "</pre>", lambda text: html.escape(tags(text)),
    lambda text: quopri.encodestring(text.encode()).decode(), mailed,
    lambda text: mailed(tags(text), subtype="html"), lambda text: mailed("> " + text.replace("\n", "\n> ")),
    lambda text: quopri.encodestring(tags(text, "{}<br>").encode()).decode(),
    lambda text: "<blockquote>" + tags("\n".join("> " + line for line in text.splitlines())) + "</blockquote>",
    lambda text: "<p>See &lt;my&gt; work</p>" + tags(text) + "<p>" + "<b>" * 50 + "</p>",
], ids=["p", "br", "div", "entities", "pre", "escaped twice", "quoted-printable", "mail", "HTML mail", "answered mail",
        "both", "quoted HTML", "amid words"])
def test_a_record_comes_back(record, post):
    assert Record.of_text(post(record.text)) == record


def test_several_in_one_text(record):
    more, other = record.added("hint", "users", {}), Record("04_batching").added("hint", "x", {})
    assert Record.of_text(record.text + tags(more.text)) == more
    assert Record.all_of_text(tags(record.text + "and\n" + other.text)) == [record, other]
    with pytest.raises(RecordError, match=f"records of several labs: {LAB}, 04_batching. Copy one at a time."):
        Record.of_text(record.text + other.text)
    two = [Record(LAB).added("opened", "lab", {"mode": "learn", "student": name}, session=name) for name in ("A", "B")]
    with pytest.raises(OtherStudentError):
        Record.of_text("".join(one.text for one in two))


def test_one_that_is_cut_beside_a_whole_one(record):
    assert Record.of_text(tags(record.text[:500]) + tags(record.text)) == record
    with pytest.raises(RecordError, match="end of this record is missing"):
        Record.of_text(tags(record.text[:500]))
