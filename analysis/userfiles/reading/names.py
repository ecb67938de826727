"""What columns are called in the files of data vendors, in small letters and figures only."""

from __future__ import annotations

import re

__all__ = [
    "ADJUSTED", "ASSETS", "CLOSES", "FACTORS", "FIRM_NUMBERS", "MARKETS", "OTHERS", "PRICES",
    "RETURNS", "SHARE",
]  # fmt: skip


def _any(names: str) -> re.Pattern[str]:
    return re.compile("|".join(names.split()))


ADJUSTED = _any("adj(usted)?clos(e|ing)(price)? clos(e|ing)adj(usted)? adj(usted)?price adjclosed?")
CLOSES = _any("clos(e|ing)(price)? last(price)? price(close)? closelast prc dlyprc prccd dlyclose")
VALUES = "value val nav level obsvalue px pxlast settle index(level|value)?"
OTHERS = _any(
    "open(ing|price)? high(price)? low(price)? vol(ume)?[a-z]* tradevolume dividends? stocksplits? "
    "capitalgains openint(erest)? chg change change% %change adjopen adjhigh adjlow adjvolume vwap "
    "turnover trades average repaired unadjusted(close|volume)? splitfactor divcash"
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
