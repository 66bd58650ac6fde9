"""Exchange rates into the reporting currency: read from files, checked, stored, shown."""
