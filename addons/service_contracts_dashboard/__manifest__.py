{
    'name': "Service Contracts: Dashboard",
    'summary': "Recurring revenue, its movements, retention and contracts at risk in the dashboard app",
    'version': '19.0.1.0.0',
    'category': 'Productivity/Dashboard',
    'license': 'LGPL-3',
    'author': "Service Contracts contributors",
    'depends': ['service_contracts', 'spreadsheet_dashboard'],
    'data': [
        'data/dashboards.xml',
    ],
    'auto_install': True,
    'installable': True,
}
