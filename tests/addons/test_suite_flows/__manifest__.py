{
    'name': "Test Suite Flows",
    'summary': "One business story a file, through all modules of the suite",
    'version': '19.0.1.0.0',
    'category': 'Hidden',
    'license': 'LGPL-3',
    'author': "Service Contracts contributors",
    'depends': ['dunning_sms', 'installment_sales', 'installment_sales_stock', 'payment_demo', 'service_contracts'],
    'assets': {'web.assets_tests': ['test_suite_flows/static/tests/tours/*']},
    'installable': True,
}
