"""The values of capset as rows for data frames: a module for each layer that has such values, of the same name."""
