"""One column of a gradebook is filled, and each other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.classroom.gradebook import filled_gradebook
from mlsysim_labs.classroom.roster import roster_of
from mlsysim_labs.classroom.spreadsheet import cell_rows, csv_text, sheet_of

CLASS = roster_of("id,name\ns1,Ada Lovelace\ns2,José Núñez\ns3,Kim Lee\n".encode())
GRADES = {"s1": "7.5", "s2": "10", "s3": ""}
BOOKS = {  # what is exported, and the same with the column filled
    "canvas": ('\ufeffStudent,ID,SIS User ID,Lab 03: KV cache (12),Final\r\n    Points Possible,,,10,\r\n'
               '"Lovelace, Ada",4711,s1,,"1,000"\r\n"Núñez, José",4712,s2,3.0,\r\n"Lee, Kim",4713,s3,9,\r\n',
               '\ufeffStudent,ID,SIS User ID,Lab 03: KV cache (12),Final\r\n    Points Possible,,,10,\r\n'
               '"Lovelace, Ada",4711,s1,7.5,"1,000"\r\n"Núñez, José",4712,s2,10,\r\n"Lee, Kim",4713,s3,9,\r\n',
               "utf-8"),
    "moodle in German": ('"Vorname";"Nachname";"ID-Nummer";"Bewertung";"Rest, mit ""Zeichen"""\n'
                         '"Ada";"Lovelace";"s1";"";"x\ny"\n"José";"Núñez";"s2";"-";"6,5"\n\n"X";"Y";"s9";"1,0";""',
                         '"Vorname";"Nachname";"ID-Nummer";"Bewertung";"Rest, mit ""Zeichen"""\n'
                         '"Ada";"Lovelace";"s1";"7,5";"x\ny"\n"José";"Núñez";"s2";"10";"6,5"\n\n"X";"Y";"s9";"1,0";""',
                         "cp1252"),
    "tabs": ("姓名\tE-mail\t成绩\r\nAda Lovelace\ta@x\t\r\nJosé Núñez\tj@x\t", "姓名\tE-mail\t成绩\r\n"
             "Ada Lovelace\ta@x\t7.5\r\nJosé Núñez\tj@x\t10", "utf-16-le"),
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_gradebook_is_filled(name):
    before, after, encoding = BOOKS[name]
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    found = filled_gradebook((mark + before).encode(encoding), CLASS, GRADES, titles=["KV cache", "03_kv_cache"])
    assert found.data == (mark + after).encode(encoding)
    assert found.filled == ("s1", "s2")


def test_a_column_that_cannot_be_told_is_asked_for():
    book = b"id,name,Lab 1,Lab 2\ns1,Ada Lovelace,,\n"
    with pytest.raises(ValueError, match="name it with --column"):
        filled_gradebook(book, CLASS, GRADES, titles=["KV cache"])
    with pytest.raises(ValueError, match="no column 'Lab 9'"):
        filled_gradebook(book, CLASS, GRADES, "Lab 9")
    assert filled_gradebook(book, CLASS, GRADES, "lab 2").data == b"id,name,Lab 1,Lab 2\ns1,Ada Lovelace,,7.5\n"


def test_a_number_of_another_system_is_not_taken_for_a_students():
    """What Canvas calls 17 is Bob here; the name says that it is Ada."""
    roster = roster_of(b"id,name\n17,Bob Byte\n18,Ada Lovelace\n")
    book = b"Student,ID,SIS User ID,Grade\n\"Lovelace, Ada\",17,,\n"
    assert filled_gradebook(book, roster, {"17": "1", "18": "2"}).data.endswith(b"17,,2\n")


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_cells_stand_where_they_are_said_to_stand(rows, delimiter):
    def quoted(cell):
        return '"' + cell.replace('"', '""') + '"'
    text = "\n".join(delimiter.join(map(quoted, row)) for row in rows)
    found = [row for row in cell_rows(text, delimiter) if row]
    assert [[cell.text for cell in row] for row in found] == [[c.strip("\ufeff") for c in row] for row in rows]
    places = [place for row in found for place in row]
    written = [quoted(cell).strip() for row in rows for cell in row]
    assert [text[place.start:place.end].strip() for place in places] == written


@given(st.lists(cells, min_size=2, max_size=4))
def test_no_cell_begins_like_a_formula(row):
    written = csv_text([row])
    for delimiter in ",;\t":
        for found in cell_rows(written, delimiter):
            for cell in found:
                plain = cell.text.lstrip()
                assert not plain.startswith(("=", "@", "＝")), row
                assert plain[:1] not in ("+", "-") or plain[1:2].isdigit(), row


@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_that_gives_them_again(data):
    sheet = sheet_of(data)
    assert sheet.text.encode(sheet.encoding) == data
