"""Choosing the settings of search for a corpus: questions, trials, paired comparison, a candidate and its report."""
