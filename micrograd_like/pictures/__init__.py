"""Pictures of graphs. In goes a computed Value; out come the book's picture in any format, a tree, a table."""
