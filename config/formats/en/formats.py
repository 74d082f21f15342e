"""How the admin writes moments: as the contract and the log do, to the second, on a clock of 24 hours."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y-m-d H:i:s"
