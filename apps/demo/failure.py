class Failed(Exception):
    """A step of the demo did not end as it should; the message is for the person watching."""
