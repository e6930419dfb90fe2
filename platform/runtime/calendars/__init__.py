"""Working time: which hours of which days count, with a country's public holidays and what a site adds to them."""
