"""Exports of any size: the plan, the records of a slice, the manifest, columns and rows."""
