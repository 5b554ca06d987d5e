"""The demonstration: one story of issuers, investors and indices, told through the services alone."""
