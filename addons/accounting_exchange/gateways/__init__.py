from . import places, safe_http
