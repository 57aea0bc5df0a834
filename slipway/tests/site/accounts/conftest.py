from tests.test_accounts import tokens as tokens
