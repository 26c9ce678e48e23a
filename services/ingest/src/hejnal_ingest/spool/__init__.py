"""The spool: footage on local disk until the recorder has it. A ring, not an archive."""
