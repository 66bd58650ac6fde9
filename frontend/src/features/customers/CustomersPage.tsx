export default function CustomersPage() {
  return <p>Customers</p>;
}
