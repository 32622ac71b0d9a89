"""What a technician can ask of the box: one file a noun, one table of all (`catalogue`)."""
