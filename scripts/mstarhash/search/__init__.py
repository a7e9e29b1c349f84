"""The search: scores, codes, nearest neighbours, their fusion, P(M) and the list."""
