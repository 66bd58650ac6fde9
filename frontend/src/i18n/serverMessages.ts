/**
 * Texts of the server that the page shows by their identifier, for the catalogues alone: the page
 * never imports this file. A test compares them with the API's schema.
 */
import { msg } from "@lingui/core/macro";

export const SERVER_MESSAGES = [
  msg({ id: "metric.REVENUE.title", message: "Revenue" }),
  msg({
    id: "metric.REVENUE.definition",
    message:
      "Gross sales minus discounts and returns, without voided lines; of shipping, tax and fees what the imports count as revenue.",
  }),
  msg({ id: "metric.GROSS.title", message: "Gross sales" }),
  msg({
    id: "metric.GROSS.definition",
    message:
      "Everything sold at its price before discounts, with returns not taken off; shipping, tax and fees where the imports count them as revenue.",
  }),
  msg({ id: "metric.DISCOUNTS.title", message: "Discounts" }),
  msg({ id: "metric.DISCOUNTS.definition", message: "Price reductions granted on what was sold." }),
  msg({ id: "metric.RETURNS.title", message: "Returns" }),
  msg({
    id: "metric.RETURNS.definition",
    message:
      "What was credited for goods taken back and refunds, net of their discounts, booked when it happened.",
  }),
  msg({ id: "metric.COST.title", message: "Cost of goods sold" }),
  msg({
    id: "metric.COST.definition",
    message: "What the goods sold cost to buy or make, less the cost of goods taken back.",
  }),
  msg({ id: "metric.PROFIT.title", message: "Gross profit" }),
  msg({
    id: "metric.PROFIT.definition",
    message: "Revenue minus the cost of goods sold; unknown where no cost is known.",
  }),
  msg({ id: "metric.MARGIN.title", message: "Gross margin" }),
  msg({ id: "metric.MARGIN.definition", message: "Gross profit divided by revenue." }),
  msg({ id: "metric.MARKUP.title", message: "Markup" }),
  msg({
    id: "metric.MARKUP.definition",
    message: "Gross profit divided by the cost of goods sold.",
  }),
  msg({ id: "metric.ORDERS.title", message: "Orders" }),
  msg({
    id: "metric.ORDERS.definition",
    message:
      "Distinct orders with at least one sale that was not voided; a return keeps its order.",
  }),
  msg({ id: "metric.AVERAGE_ORDER_VALUE.title", message: "Average order value" }),
  msg({ id: "metric.AVERAGE_ORDER_VALUE.definition", message: "Revenue divided by orders." }),
  msg({ id: "metric.UNITS.title", message: "Units sold" }),
  msg({ id: "metric.UNITS.definition", message: "Quantity sold, before returns." }),
  msg({ id: "metric.RETURNED_UNITS.title", message: "Units returned" }),
  msg({ id: "metric.RETURNED_UNITS.definition", message: "Quantity taken back." }),
  msg({ id: "metric.LINES.title", message: "Order lines" }),
  msg({ id: "metric.LINES.definition", message: "Lines sold that were not voided." }),
  msg({ id: "metric.UNITS_PER_ORDER.title", message: "Units per order" }),
  msg({ id: "metric.UNITS_PER_ORDER.definition", message: "Units sold divided by orders." }),
  msg({ id: "metric.DISCOUNT_RATE.title", message: "Discount rate" }),
  msg({ id: "metric.DISCOUNT_RATE.definition", message: "Discounts divided by gross sales." }),
  msg({ id: "metric.RETURN_RATE.title", message: "Return rate" }),
  msg({
    id: "metric.RETURN_RATE.definition",
    message: "Returns divided by gross sales net of discounts.",
  }),
  msg({ id: "metric.CUSTOMERS.title", message: "Customers" }),
  msg({
    id: "metric.CUSTOMERS.definition",
    message:
      "Distinct customers who ordered in the period, by orders with a sale that was not voided.",
  }),
  msg({ id: "metric.NEW_CUSTOMERS.title", message: "New customers" }),
  msg({
    id: "metric.NEW_CUSTOMERS.definition",
    message: "Customers whose first order ever lies in the period.",
  }),
  msg({ id: "metric.RETURNING_CUSTOMERS.title", message: "Returning customers" }),
  msg({
    id: "metric.RETURNING_CUSTOMERS.definition",
    message: "Customers of the period who had ordered before it.",
  }),
  msg({ id: "metric.REVENUE_PER_CUSTOMER.title", message: "Revenue per customer" }),
  msg({ id: "metric.REVENUE_PER_CUSTOMER.definition", message: "Revenue divided by customers." }),
  msg({ id: "error.FORBIDDEN", message: "You may not see or do this." }),
  msg({ id: "error.NOT_FOUND", message: "It does not exist, or you may not see it." }),
  msg({
    id: "error.RATE_LIMITED",
    message: "There were too many requests. Try again in a moment.",
  }),
  msg({
    id: "error.TOO_MANY_REQUESTS",
    message: "There were too many requests. Try again in a moment.",
  }),
  msg({
    id: "error.TIMED_OUT",
    message: "The answer took too long. Try a shorter range or fewer filters.",
  }),
  msg({
    id: "error.UNAVAILABLE",
    message: "A part of the server is away. The page retries by itself.",
  }),
  msg({
    id: "error.OVERLOADED",
    message: "The server has too much to do. The page retries by itself.",
  }),
  msg({ id: "error.INTERNAL", message: "The server made a mistake. It is in its log." }),
  msg({ id: "error.TOO_COMPLEX", message: "This asks for too much at once." }),
  msg({
    id: "error.GRANULARITY_NOT_ALLOWED",
    message: "This range cannot be shown at this granularity. Choose another.",
  }),
  msg({ id: "segment.CHAMPIONS", message: "Champions" }),
  msg({
    id: "segment.CHAMPIONS.description",
    message: "Bought lately, and are among those who buy most often and for most.",
  }),
  msg({ id: "segment.LOYAL", message: "Loyal" }),
  msg({
    id: "segment.LOYAL.description",
    message: "Buy often and for much, and bought not long ago.",
  }),
  msg({ id: "segment.POTENTIAL_LOYALISTS", message: "Potential loyalists" }),
  msg({
    id: "segment.POTENTIAL_LOYALISTS.description",
    message: "Bought lately, and more often or for more than beginners do.",
  }),
  msg({ id: "segment.NEW_CUSTOMERS", message: "Recent buyers" }),
  msg({
    id: "segment.NEW_CUSTOMERS.description",
    message: "Bought most lately, seldom and for little so far.",
  }),
  msg({ id: "segment.PROMISING", message: "Promising" }),
  msg({
    id: "segment.PROMISING.description",
    message: "Bought rather lately, seldom and for little so far.",
  }),
  msg({ id: "segment.NEED_ATTENTION", message: "Need attention" }),
  msg({
    id: "segment.NEED_ATTENTION.description",
    message: "In the middle in everything, and may turn either way.",
  }),
  msg({ id: "segment.ABOUT_TO_SLEEP", message: "About to sleep" }),
  msg({
    id: "segment.ABOUT_TO_SLEEP.description",
    message: "Buy seldom and for little, and have not come for a while.",
  }),
  msg({ id: "segment.AT_RISK", message: "At risk" }),
  msg({
    id: "segment.AT_RISK.description",
    message: "Used to buy well, and have not come for long.",
  }),
  msg({ id: "segment.CANNOT_LOSE_THEM", message: "Cannot lose them" }),
  msg({
    id: "segment.CANNOT_LOSE_THEM.description",
    message: "Were among the very best, and have not come for long.",
  }),
  msg({ id: "segment.HIBERNATING", message: "Hibernating" }),
  msg({
    id: "segment.HIBERNATING.description",
    message: "Bought seldom and for little, long ago.",
  }),
  msg({ id: "segment.LOST", message: "Lost" }),
  msg({ id: "segment.LOST.description", message: "Bought seldom and for little, longest ago." }),
  msg({ id: "none.PRODUCT", message: "No product" }),
  msg({ id: "none.CATEGORY", message: "Uncategorised" }),
  msg({ id: "none.CUSTOMER", message: "No customer" }),
  msg({ id: "none.SEGMENT", message: "No segment" }),
  msg({ id: "none.REP", message: "No sales rep" }),
  msg({ id: "none.REGION", message: "No region" }),
  msg({ id: "none.CHANNEL", message: "No channel" }),
];
