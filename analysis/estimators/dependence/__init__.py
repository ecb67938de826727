"""Dependence of two series at leads and lags, and volatility around sessions."""
