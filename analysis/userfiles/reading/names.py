"""What columns are called in the files of data vendors, in small letters and figures only."""

from __future__ import annotations

import re

__all__ = [
    "ADJUSTED", "ASSETS", "BARS", "CLOSES", "FACTORS", "FIRM_NUMBERS", "MARKETS", "OTHERS",
    "PER_SHARE", "PRICES", "RETURNS", "SHARE",
]  # fmt: skip


def _any(names: str) -> re.Pattern[str]:
    return re.compile("|".join(names.split()))


ADJUSTED = _any(
    "adj(usted)?clos(e|ing)[a-z]* clos(e|ing)adj(usted)? adj(usted)?price adjclosed? adjusted"
)
CLOSES = _any(
    "4?clos(e|ing)(price)? last(price)? price(close)? closelast prc dlyprc prccd dlyclose pxlast "
    "closecloseprice[a-z]* kurs schluss(kurs)? zuletzt zamkni[a-z]* clture cierre chiusura"
)
VALUES = "value val nav level obsvalue px settle index(level|value)?"
BARS = _any(  # beside the close of one share in most files, also in German, Polish and French
    "(px|1)?open(ing|price)? (px|2)?high(price)? (px|3)?low(price)? (px|total|5)?vol(ume)?[a-z]* "
    "er(ff|oe)[a-z]* erster hoch tief umsatz stuecke otwarcie najw[a-z]* najni[a-z]* wolumen "
    "ouverture plushaut plusbas"
)
OTHERS = _any(
    f"{BARS.pattern} tradevolume dividends? stocksplits? capitalgains openint(erest)? chg change "
    "change% %change %chg [+]-% net adjopen adjhigh adjlow adjvolume vwap turnover trades average "
    "repaired unadjusted(close|volume)? splitfactor divcash marketcap pxbid pxask year month day "
    "time"
)
SHARE = re.compile("|".join(p.pattern for p in (ADJUSTED, CLOSES, OTHERS)))
PRICES = re.compile(f"{CLOSES.pattern}|{'|'.join(VALUES.split())}")
RETURNS = _any(
    "ret(urns?)? dlyret totret(urn)? trt1d totalreturn(s)? dailyreturn(s)? logret(urns?)? rets r"
)
ASSETS = _any(
    "permno ticker tic symbol isin cusip ncusip gvkey ric permco sedol wkn asset firm company "
    "co(mpany)?name comnam conm stock security securityid secid instrument entity fund name id "
    "code tsymbol tickersymbol stockcode issuer"
)
FIRM_NUMBERS = _any("permno permco gvkey secid id code stockcode sedol wkn")
MARKETS = _any(
    "vwret[dx]? ewret[dx]? sprtrn mkt(ret)? market(return|ret)? mkt-?rf smb hml rmw cma umd mom rf "
    "indexret(urn)?"
)
FACTORS = _any("mkt-?rf smb hml rmw cma umd mom rf mkt wml st_?rev lt_?rev")
PER_SHARE = {"ajexdi": -1, "cfacpr": -1, "dlycumfacpr": -1, "trfd": 1}
"""What a database divides (-1) or multiplies (1) its prices by for splits and dividends."""
