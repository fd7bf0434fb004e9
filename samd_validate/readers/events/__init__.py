"""From any table of events to a time series: dictionary, tables, cache, intervals, account."""
