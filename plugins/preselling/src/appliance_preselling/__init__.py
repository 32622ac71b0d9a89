"""The Fieldbox plugin `preselling`."""
