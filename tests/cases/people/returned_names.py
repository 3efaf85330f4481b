"""Names as they come back from Flatchr: which two are one person's name, and which are not."""

from __future__ import annotations

from tests.cases import Case

_TEST = "matching/test_comparable.py::test_names_are_compared_as_they_come_back"


def _case(name: str, sent: str, found: str, *, same: bool = True) -> Case:
    return Case("names", name, (sent, found), same, _TEST)


CASES: list[Case] = [
    # The same name, written otherwise.
    _case("apostrophe as an HTML entity", "Liam O'Brien", "Liam O&#39;Brien"),
    _case("apostrophe as a hexadecimal entity", "Liam O'Brien", "Liam O&#x27;Brien"),
    _case("letters as named entities", "Zoé Müller", "Zo&eacute; M&uuml;ller"),
    _case("typographic apostrophe", "Anna D'Angelo", "Anna D’Angelo"),
    _case("modifier letter as apostrophe", "Anna D'Angelo", "Anna DʼAngelo"),
    _case("backtick and acute as apostrophe", "Anna D`Angelo", "Anna D´Angelo"),
    _case("apostrophe left out", "Liam O'Brien", "Liam OBrien"),
    _case("apostrophe become a space", "Liam O'Brien", "Liam O Brien"),
    _case("ligature written out in capitals", "Anne Lœuille", "Anne LOEUILLE"),
    _case("ligature written out", "Anne Lœuille", "Anne Loeuille"),
    _case("ligature of a typesetter", "Anne Duﬀy", "Anne Duffy"),
    _case("ö written oe", "Björk Guðmundsdóttir", "Bjoerk Gudmundsdottir"),
    _case("ö without its dots", "Jörg Schröder", "Jorg Schroder"),
    _case("one oe, the other o", "Joerg Schroeder", "Jorg Schroder"),
    _case("ä written ae", "Ätna Jäger", "Aetna Jaeger"),
    _case("ü written ue", "Günter Müller", "Guenter Mueller"),
    _case("ß written ss", "Karl Groß", "Karl Gross"),
    _case("capital ß", "KARL GROẞ", "Karl Gross"),
    _case("ø written o", "Søren Østergård", "Soren Ostergard"),
    _case("ø written oe", "Søren Møller", "Soeren Moeller"),
    _case("å written aa", "Håkon Ås", "Haakon Aas"),
    _case("æ written ae", "Æsa Kjær", "Aesa Kjaer"),
    _case("Polish ł", "Łukasz Wałęsa", "Lukasz Walesa"),
    _case("Croatian đ", "Đuro Đoković", "Duro Dokovic"),
    _case("Turkish dotless ı and dotted İ", "Işıl İnan", "Isil Inan"),
    _case("Romanian comma and cedilla", "Ștefan Țiriac", "Stefan Ţiriac"),
    _case("Vietnamese", "Nguyễn Thị Hồng", "NGUYEN THI HONG"),
    _case("accents apart from their letters", "Zoé Riou", "Zoe\u0301 Riou"),
    _case("double and no-break spaces", "Jean  Martin", "Jean\u00a0\u2009Martin "),
    _case("zero-width characters", "Jean Martin", "Je\u200ban\ufeff Mar\u00adtin"),
    _case("hyphen become a space", "Jean-Marc Le-Goff", "Jean Marc Le Goff"),
    _case("hyphens of all kinds", "Jean-Marc Roy", "Jean‑Marc–Roy"),
    _case("first and last name swapped", "Jean Martin", "Martin Jean"),
    _case("last name before a comma", "Jean Le Goff", "LE GOFF, Jean"),
    _case("full-width letters", "Jean Martin", "Ｊｅａｎ　Ｍａｒｔｉｎ"),
    _case("bold letters of social networks", "Jean Martin", "𝐉𝐞𝐚𝐧 𝐌𝐚𝐫𝐭𝐢𝐧"),
    _case("another script, other spaces", "王 小明", "王\u3000小明"),
    _case("Cyrillic in capitals", "Иван Петров", "ИВАН ПЕТРОВ"),
    # Other names.
    _case("a name and a double name", "Zoé Roux", "Zoé Roux-Petit", same=False),
    _case("brothers", "Luc Morvan", "Marc Morvan", same=False),
    _case("Jean and Jeanne", "Jean Martin", "Jeanne Martin", same=False),
    _case("Jean and Jean-Marc", "Jean Martin", "Jean-Marc Martin", same=False),
    _case("one first name of two", "Jean Pierre Roy", "Pierre Roy", same=False),
    _case("a sister by one letter", "Paul Roy", "Paule Roy", same=False),
    _case("Julien and Julian", "Julien Roy", "Julian Roy", same=False),
    _case("an anagram", "Marie Roy", "Aimer Roy", same=False),
    _case("words cut elsewhere", "Anne Marie Roy", "Annemarie Roy", same=False),
    _case("another script, transliterated", "王小明", "Wang Xiaoming", same=False),
    _case("an entity that was escaped twice", "Liam O'Brien", "Liam O&amp;#39;Brien", same=False),
    _case("ö and u", "Jörg Roy", "Jurg Roy", same=False),
    _case("a name and nothing", "Jean Martin", "", same=False),
]
