"""A sales rep's day on a simulated device: the route, the visits, the orders and their mistakes."""
