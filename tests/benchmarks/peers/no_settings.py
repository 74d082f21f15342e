"""For applications without Django: config/gunicorn.py closes Django's connections before it forks, of which there are none."""

SECRET_KEY = "guards nothing"
