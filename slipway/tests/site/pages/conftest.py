from slipway.tests.site.browser import chromium as chromium
from slipway.tests.site.browser import new_tab as new_tab
from slipway.tests.site.browser import open_tab as open_tab
