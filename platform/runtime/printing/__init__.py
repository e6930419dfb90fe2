"""Documents made of records: what their expressions are worth to who asks, and PDF of HTML; no web pages."""
