"""Section of the report: the stars, each number with its denominator."""

from mstarhash.report.page import count, element, join, none, percent, table

RATES = ("completeness", "contamination")
INTERVAL = "68 % interval"
PLANES = {
    "caoh_cah1": "CaH1, CaOH",
    "jk_h": "H, J - K",
    "tio5_cah23": "CaH2 + CaH3, TiO5 (Zhong 2015)",
    "w12_jk": "J - K, W1 - W2 (Zhong 2015)",
    "hk_jh": "J - H, H - K",
    "bprp_hg": "reduced proper motion",
    "gr_mg2": "Mg2, g - r (Covey 2008)",
    "consensus": "consensus without Gaia",
}


def stellar(fractions, boundaries):
    """Section: giants and dwarfs, and activity, each with its denominators."""
    return join(
        element("h3", "Giants from dwarfs"), giants(boundaries), element("h3", "Magnetic activity"), activity(fractions)
    )


def giants(boundaries):
    """How many giants each plane finds, and how many dwarfs it takes for giants."""
    planes = {}
    for row in boundaries:
        if row["subtype"] == row["snr"] == "all" and row["total"] not in ("", "0") and row["record"] in RATES:
            planes.setdefault(row["plane"], {})[row["record"]] = row
    if not planes:
        return none("No giants and dwarfs that Gaia tells apart: it takes `input.gaia`, and enough of both.")
    head = ("plane", "giants found", "share", INTERVAL, "dwarfs among its giants", "share ", f"{INTERVAL} ")
    body = [[PLANES.get(plane, plane), *rate(rows, RATES[0]), *rate(rows, RATES[1])] for plane, rows in planes.items()]
    return table(head, body, "Told out of fold for the stars that Gaia's parallax tells, at any S/N.", head[1:])


def rate(rows, name):
    """Three cells: count of total, share, interval; empty where the plane has no such rate."""
    if name not in rows:
        return ["", "", ""]
    row = rows[name]
    return [f"{count(row['count'])} of {count(row['total'])}", percent(row["value"]), between(row)]


def between(row):
    """The ends of an interval in per cent."""
    return f"{percent(row['low'])} - {percent(row['high'])}"


def activity(fractions):
    """Active dwarfs by subtype."""
    wanted = [row for row in fractions if (row["sample"], row["rule"], row["snr"]) == ("all", "g19", "all")]
    rows = [row for row in wanted if int(row["total"])]
    if not rows:
        return none("No dwarf whose activity can be told.")
    head = ("subtype", "active", "of", "share", INTERVAL, "corrected for noise")
    body = [
        (row["subtype"], count(row["active"]), count(row["total"]), percent(row["fraction"]), between(row), percent(row["corrected"]))
        for row in rows
    ]  # fmt: skip
    caption = "Dwarfs with H-alpha wider than the limit of activity.min_ew, of those with continuum S/N above activity.min_snr."
    return table(head, body, caption, head[1:])
