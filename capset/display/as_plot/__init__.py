"""The values of capset as plots of Matplotlib: a module for each layer that has such values, of the same name."""
