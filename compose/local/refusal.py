class Refusal(Exception):
    """A reason not to go on, worded for the person at the keyboard and carrying its remedy."""
