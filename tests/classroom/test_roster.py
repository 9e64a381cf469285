"""Who is in a class, and whose a file is, in the ways that learning systems and people write it."""

from __future__ import annotations

import pytest

from mlsysim_labs.classroom.identity import attribution
from mlsysim_labs.classroom.roster import roster_of

CANVAS = ('\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Lab 3 (991),Final Score\r\n'
          '    Points Possible,,,,,10,\r\n"Lovelace, Ada",4711,s1,ada@x.org,A,,\r\n'
          '"Núñez, José",4712,s2,jose,A,7.5,\r\n')
ROSTERS = {
    "plain": b"id,name\ns1,Ada Lovelace\ns2,Jos\xc3\xa9 N\xc3\xba\xc3\xb1ez\n",
    "canvas": CANVAS.encode(),
    "moodle in German, of Western Europe": "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\r\nAda;Lovelace;s1;ada@x.org\r\n"
                                           "José;Núñez;s2;j@x.org\r\n".encode("cp1252"),
    "moodle in French, UTF-16": "Prénom\tNom de famille\tNuméro d'identification\nAda\tLovelace\ts1\nJosé\tNúñez\ts2\n"
    .encode("utf-16"),
    "in Chinese": "学号,姓名\ns1,Ada Lovelace\ns2,José Núñez\n".encode(),
    "in no language that we know": "Kodi,Emri\ns1,Ada Lovelace\ns2,José Núñez\n".encode(),
    "without a heading": "s1;Ada Lovelace\ns2;José Núñez".encode(),
    "ids behind names": "name,id\nAda Lovelace,s1\nJosé Núñez,s2\n\n\n".encode(),
}


@pytest.mark.parametrize("name", ROSTERS)
def test_a_roster_is_read(name):
    roster = roster_of(ROSTERS[name])
    assert [student.id for student in roster.students] == ["s1", "s2"]
    assert [student.id for student in roster.named("Nunez, Jose")] == ["s2"]
    assert roster.named("José Núñez") == roster.named("núñezjosé")


def test_an_encoding_can_be_named():
    data = "学号,姓名\ns1,李雷\n".encode("gb18030")
    assert roster_of(data, "gb18030").students[0].name == "李雷"
    with pytest.raises(ValueError, match="cannot be read as utf-8"):
        roster_of(data, "utf-8")
    with pytest.raises(ValueError, match="no encoding 'klingon'"):
        roster_of(data, "klingon")


def test_moodles_grading_worksheet_is_a_roster():
    sheet = ("Identifier,Full name,Email address,Status,Grade\n"
             "Participant 61234,Ada Lovelace,ada@x.org,Submitted,\nParticipant 61235,Bob Byte,bob@x.org,,\n")
    roster = roster_of(sheet.encode())
    assert [student.id for student in roster.students] == ["ada@x.org", "bob@x.org"]
    assert attribution(["Teilnehmer_61235_assignsubmission_file_", "x.ipynb"], roster).student.name == "Bob Byte"


@pytest.mark.parametrize("data, said", [
    (b"", "is empty"), (b"id,name\n", "has no student"), (b"id,name\n1,Ada\n1,Bob\n", "has the id '1' twice"),
    (b"Ada Lovelace\nBob Byte\n", "cannot tell ids from names")])
def test_a_roster_that_is_none_gets_a_sentence(data, said):
    with pytest.raises(ValueError, match=said):
        roster_of(data)


CLASS = roster_of("id,name\n17,Ada Lovelace\n18,Bob van der Byte\n0042,Jean-Paul Sartre\nx9,李 雷\n19,Kim Lee\n"
                  "20,Lee Kim\n".encode())


@pytest.mark.parametrize("path, id", [
    ("lovelaceada_99_100_lab.ipynb", "17"), ("vanderbytebob_LATE_99_100_lab.ipynb", "18"),
    ("Jean-Paul Sartre_123_assignsubmission_file_lab.ipynb", "0042"),
    ("Group 1-Jean-Paul Sartre_123_assignsubmission_file_/lab.ipynb", "0042"),
    ("Ada Lovelace_1_assignsubmission_onlinetext_/onlinetext.html", "17"),
    ("submissions/lovelaceada_99_100_bob.ipynb", "17"), ("李雷_5_6_x.ipynb", "x9"),
    ("17/lab.ipynb", "17"), ("Ada Lovelace/18_lab.ipynb", "17"), ("Section 18/ada-lovelace.zip", "17"),
    ("03_kv_cache_18.ipynb", "18"), ("lab3 (bob van der byte).ipynb", "18"), ("0042.record.json", "0042"),
    ("..\\..\\17\\lab.ipynb", "17"), ("lab_17_18.ipynb", None), ("nobody_1_2_x.ipynb", None), ("lab.ipynb", None),
    ("kimlee_1_2_x.ipynb", None), ("Somebody_1_assignsubmission_file_/17.ipynb", None)])
def test_whose_a_file_is(path, id):
    parts = [part for part in path.replace("\\", "/").split("/") if part != ".."]
    found = attribution(parts, CLASS, ["03_kv_cache"])
    assert (found.student.id if found.student else None) == id, found
    assert found.student or found.why
