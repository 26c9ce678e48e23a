"""What others read: CAP, Atom, iCalendar, open data. Bounded, conditional, with ids that stay."""
