from . import (
    test_access,
    test_datev_circumstances,
    test_datev_export,
    test_exchange_event,
    test_exchange_files,
    test_exchange_interface,
    test_exchange_job,
    test_exchange_takeover,
)
