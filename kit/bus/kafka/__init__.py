"""The Bus on Apache Kafka: what a site of several machines runs on. Only this package knows the driver.

``settings``  what one tells it; ``clients``  connections, and errors in our own words; ``publisher``  events out;
``member``  a member of a group; ``tail``  a listener without one; ``reader``  an operator's look at a topic;
``topics``  the declared table against the broker's; ``bus``  the port.
"""
