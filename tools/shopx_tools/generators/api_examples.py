"""An operation for each field of Query and Mutation; tests run all of them."""

# ruff: noqa: E501 -- an operation is one line here; the page shows it formatted

from typing import Final

_PERIOD: Final = 'period: {days: {from: "2026-03-01", to: "2026-03-31"}}'

QUERIES: Final[dict[str, str]] = {
    "sales": f"{{ sales({_PERIOD}, comparison: {{}}) {{ kpis {{ metric value previous }} }} }}",
    "products": f"{{ products({_PERIOD}) {{ ranking(first: 3) {{ nodes {{ rank product {{ name }} }} }} }} }}",
    "customers": f"{{ customers({_PERIOD}) {{ top(first: 3) {{ nodes {{ rank customer {{ name }} }} }} }} }}",
    "reps": f"{{ reps({_PERIOD}) {{ leaderboard(first: 3) {{ nodes {{ rank rep {{ name }} }} }} }} }}",
    "orders": f"{{ orders({_PERIOD}) {{ placed(first: 3) {{ totalCount nodes {{ key revenue }} }} }} }}",
    "profitability": f"{{ profitability({_PERIOD}) {{ waterfall {{ __typename }} }} }}",
    "node": "query One($id: ID!) { node(id: $id) { id __typename } }",
    "product": "query One($id: ID!) { product(id: $id) { name sales { kpis { metric value } } } }",
    "customer": "query One($id: ID!) { customer(id: $id) { name } }",
    "rep": "query One($id: ID!) { rep(id: $id) { name team } }",
    "order": "query One($id: ID!) { order(id: $id) { key revenue lines { __typename } } }",
    "savedViews": "{ savedViews { name path isShared isMine } }",
    "annotations": "{ annotations { from to text author } }",
    "metrics": "{ metrics { id title definition unit better } }",
    "filterOptions": "{ filterOptions(dimension: PRODUCT, first: 5) { nodes { id label } } }",
    "reporting": "{ reporting { timezone currency weekStart firstSaleAt lastSaleAt } }",
    "freshness": "{ freshness { asOf tier } }",
    "viewer": "{ viewer { name scopes authMode } }",
    "apiTokens": "{ apiTokens { id name scopes isActive } }",
    "reports": "{ reports { id name schedule isPaused history { dueAt target state } } }",
    "imports": "{ imports(first: 5) { nodes { id number source mode undoObstacle files { name sha256 } totals { currency net } } } }",
    "dataSources": "{ dataSources { name imports importedLines lastImportAt } }",
    "importLimits": "{ importLimits { fileBytes keepDays } }",
    "importJob": "query One($id: ID!) { importJob(id: $id) { state step progress problem { message hint } report { run lines { new } } } }",
    "importJobs": "{ importJobs { id kind state fileName } }",
    "feeds": "{ feeds { name address state lagSeconds lastImport problem { message hint } } }",
}
MUTATIONS: Final[dict[str, str]] = {
    "upsertCategories": 'mutation { upsertCategories(categories: [{ key: "pins", name: "Pins" }]) { recorded } }',
    "upsertProducts": 'mutation { upsertProducts(products: [{ key: "pin", name: "Pin", unitCost: "2.50" }]) { recorded } }',
    "upsertCustomers": 'mutation { upsertCustomers(customers: [{ key: "c1", name: "Ada" }]) { recorded } }',
    "upsertReps": 'mutation { upsertReps(reps: [{ key: "r1", name: "Grace" }]) { recorded } }',
    "setRates": 'mutation { setRates(rates: [{ currency: "CHF", day: "2026-01-01", rate: "1.05" }]) { added changed same } }',
    "recordOrders": (
        'mutation { recordOrders(orders: [{ key: "1001", orderedAt: "2026-03-01T12:00:00Z",'
        ' lines: [{ product: "pin", quantity: "2", gross: "20.00", discount: "2.00" }] }])'
        " { recorded repeated rejected results { status } } }"
    ),
    "refundOrder": 'mutation { refundOrder(key: "1001", idempotencyKey: "refund-1") { status } }',
    "cancelOrder": 'mutation { cancelOrder(key: "1001") { status } }',
    "createReport": (
        'mutation { createReport(report: { name: "Monday figures", page: "overview",'
        " preset: LAST_WEEK, formats: [PDF, XLSX], channel: EMAIL,"
        ' targets: ["boss@example.org"], schedule: "0 7 * * MON" }) { id } }'
    ),
    "pauseReport": "mutation Pause($id: ID!) { pauseReport(id: $id) { isPaused } }",
    "sendReport": "mutation Send($id: ID!) { sendReport(id: $id) { history { state } } }",
    "deleteReport": "mutation Delete($id: ID!) { deleteReport(id: $id) }",
    "inspectImport": "mutation Inspect($upload: ID!) { inspectImport(upload: $upload, answers: { dates: DAY_FIRST }) { id state } }",
    "startImport": (
        "mutation Import($upload: ID!, $mapping: String!)"
        " { startImport(upload: $upload, mapping: $mapping, options: { maxRejects: 10 }) { id state } }"
    ),
    "generateDemo": "mutation { generateDemo(orders: 5000) { id state } }",
    "undoImport": "mutation Undo($id: ID!) { undoImport(id: $id) { id state } }",
    "addFeed": (
        'mutation { addFeed(feed: { name: "shop", address: "s3://exports/*.csv", source: "shop",'
        ' mapping: "shopify-orders", schedule: "*/15 * * * *", credential: "exports" }) { state } }'
    ),
    "pullFeed": 'mutation { pullFeed(name: "shop") { state } }',
    "pauseFeed": 'mutation { pauseFeed(name: "shop") { state } }',
    "removeFeed": 'mutation { removeFeed(name: "shop") }',
    "saveView": 'mutation { saveView(name: "Last week", path: "/?range=last-week") { id } }',
    "removeView": "mutation Remove($id: ID!) { removeView(id: $id) }",
    "annotate": 'mutation { annotate(from: "2026-03-01", text: "Spring campaign") { id } }',
    "removeAnnotation": "mutation Remove($id: ID!) { removeAnnotation(id: $id) }",
    "revokeToken": "mutation Revoke($id: ID!) { revokeToken(id: $id) { __typename } }",
}
"""In an order in which each finds what it names."""
