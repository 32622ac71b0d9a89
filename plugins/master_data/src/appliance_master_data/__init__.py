"""The Fieldbox plugin `master_data`."""
