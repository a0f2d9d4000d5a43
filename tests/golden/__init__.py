"""One stored event for each type and schema, as it was first written: loaded by a test for ever."""
