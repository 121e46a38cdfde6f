"""The values of capset as HTML for notebooks: a module for each layer that has such values, of the same name."""
