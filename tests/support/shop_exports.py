"""Exports of a small shop, with and without keys of lines, and how they are read."""

from typing import Final

KEYLESS: Final = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: Europe/Berlin, currency: EUR}
inputs:
  sales: {format: delimited, files: "*.csv"}
order:
  key: order
  at: at
  document: doc
  customer: buyer
  region: region
line:
  product: product
  quantity: quantity
  gross: gross
products:
  name: name
"""
KEYED: Final = KEYLESS.replace("  product: product\n", "  key: product\n  product: product\n")

HEADER: Final = "order,at,doc,buyer,region,product,name,quantity,gross\n"
A1_P1: Final = "A1,2024-01-31 10:00,,ann,North,p1,Pen,2,10\n"
A1_P2: Final = "A1,2024-01-31 10:00,,ann,North,p2,Cup,1,5.50\n"
A2_P1: Final = "A2,2024-02-10 09:00,,bob,South,p1,Pen,1,5\n"
R1_P1: Final = "R1,2024-02-20 09:00,return,ann,North,p1,Pen,-1,-5\n"
J1: Final = "J1,2024-02-25 09:00,adjustment,,North,p9,Fee,1,-7\n"
