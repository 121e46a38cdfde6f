"""The values of capset as text for a terminal: a module for each layer that has such values, of the same name."""
