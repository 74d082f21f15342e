from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """argon2id as OWASP's Password Storage Cheat Sheet sets it: 19 MiB, two passes, one lane.

    Django's own default takes 100 MiB a hash, which eight sign-ins at once turn into an outage on a small server.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
