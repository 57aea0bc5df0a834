from tests.browser import chromium as chromium
from tests.browser import new_tab as new_tab
from tests.browser import open_tab as open_tab
