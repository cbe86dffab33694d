{
    'name': "Installment Sales: Stock",
    'summary': "The deposit reserves the goods, delivery waits for what was agreed, an unpaid deposit releases on time",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Service Contracts contributors",
    'depends': ['installment_sales', 'sale_stock'],
    'data': [
        'security/ir.model.access.csv',
        'security/installment_sales_stock_rules.xml',
        'data/ir_cron.xml',
        'views/installment_views.xml',
        'views/stock_views.xml',
        'views/installment_stock_turnover_views.xml',
    ],
    'demo': [
        'demo/refrigerators.xml',
    ],
    'auto_install': True,
    'installable': True,
}
