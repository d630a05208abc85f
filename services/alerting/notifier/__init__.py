"""The notifier's process: reads what is decided and what people have set, and tells them by their channels."""
