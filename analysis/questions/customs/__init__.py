"""Customs data: whether China's export figures go with the returns of the miners."""
