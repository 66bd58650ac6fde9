export default function ProfitabilityPage() {
  return <p>Profitability</p>;
}
