"""The gradient fields, and the set on which identities between them have to hold."""
