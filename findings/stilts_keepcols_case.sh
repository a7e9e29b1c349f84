#!/bin/bash
# STILTS gives the column b_rgeo where B_rgeo is asked for: names that differ by case alone are one name to its filters.
#
# Version: STILTS 3.4.7 (Debian 12, package stilts 3.4.7-4, needs to be installed). Seen 2026-12-01.
# One expects: keepcols "B_rgeo" keeps B_rgeo, or refuses. VizieR's table of distances from Gaia (I/352, Bailer-Jones et
#   al. 2021) has b_rgeo and B_rgeo, the lower and upper bound; both are kept by tcopy.
# Behaviour: the first column whose name fits in any case is taken, without a word: the upper bound is the lower one. And
#   a match renames them to b_rgeo_1 and B_rgeo_1a (of two tables that share no name).
# Output:
#   in the file:        rgeo,b_rgeo,B_rgeo
#   keepcols B_rgeo:    b_rgeo 1
#   names in a match:   rgeo,b_rgeo_1,B_rgeo_1a,other
# Therefore: pick such columns by number ($3), or rename them before STILTS sees them.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
command -v stilts >/dev/null || { echo "needs the Debian package stilts (3.4.7-4)" >&2; exit 2; }
printf 'other\n5\n' >"$tmp/other.csv"
cat >"$tmp/in.xml" <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="rgeo" datatype="int"/><FIELD name="b_rgeo" datatype="int"/><FIELD name="B_rgeo" datatype="int"/>
<DATA><TABLEDATA><TR><TD>5</TD><TD>1</TD><TD>9</TD></TR></TABLEDATA></DATA>
</TABLE></RESOURCE></VOTABLE>
XML
all=$(stilts tcopy in="$tmp/in.xml" ofmt=csv | head -1)
kept=$(stilts tpipe in="$tmp/in.xml" cmd='keepcols "B_rgeo"' ofmt=csv | paste -sd' ')
match=$(stilts tmatch2 in1="$tmp/in.xml" in2="$tmp/other.csv" ifmt2=csv matcher=exact values1=rgeo values2=other \
    ofmt=csv 2>/dev/null | head -1)
echo "in the file:        $all"
echo "keepcols B_rgeo:    $kept"
echo "names in a match:   $match"
[ "$all" = "rgeo,b_rgeo,B_rgeo" ] && [ "$kept" = "b_rgeo 1" ] && [ "$match" = "rgeo,b_rgeo_1,B_rgeo_1a,other" ]
