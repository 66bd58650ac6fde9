export default function RepsPage() {
  return <p>Reps</p>;
}
