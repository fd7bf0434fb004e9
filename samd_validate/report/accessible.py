"""What PDF/UA-1 asks for beside PDF/A-3: its declaration, and what heads of tables stand over."""

from __future__ import annotations

from typing import Any

END = b"</rdf:RDF>"
DECLARED = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
"""PDF/A knows the properties of PDF/UA only if their schema is described in the file itself."""


def declare_accessible(_document: Any, pdf: Any) -> None:
    """Add PDF/UA-1 to a finished PDF/A: the ``finisher`` of WeasyPrint."""
    _scope_heads(pdf)
    for one in pdf.objects:
        extra = getattr(one, "extra", None)
        if extra and extra.get("Type") == "/Metadata":
            one.stream = [_with_declaration(bytes(part)) for part in one.stream]


def _with_declaration(part: bytes) -> bytes:
    before, end, after = part.rpartition(END)
    return before + DECLARED + end + after if end else part


def _scope_heads(pdf: Any) -> None:
    """Say of each head of a table whether it stands over a column or before a row.

    A row of heads alone is one over columns; a head beside other cells is one of its row.
    """
    for row in pdf.objects:
        if isinstance(row, dict) and row.get("S") == "/TR":
            cells = [_object(pdf, reference) for reference in row.get("K", ())]
            heads = [cell for cell in cells if cell.get("S") == "/TH"]
            scope = "/Column" if len(heads) == len(cells) else "/Row"
            for head in heads:
                head.setdefault("A", type(head)({"O": "/Table"}))["Scope"] = scope


def _object(pdf: Any, reference: Any) -> Any:
    """Return what a reference such as ``12 0 R`` names; a number in its place names no element."""
    words = bytes(reference).decode() if isinstance(reference, bytes) else str(reference)
    found = pdf.objects[int(words.split()[0])] if words.endswith(" R") else {}
    return found if isinstance(found, dict) else {}
