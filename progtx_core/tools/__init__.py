"""What runs, records, judges or publishes chapters; nothing below imports it."""
